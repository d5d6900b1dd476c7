"""The machine under us, for every room above.

process_identity, process_end, process_list, process_usage   one process forever; its end for
            certain; those of our user; what one takes.
process_folder   where what a process wrote is kept.
procfs      what /proc says of processes.      open_files, user_names   who has a file open.
place_owner, disk_trouble   why a file cannot be read, or written.
flock, file_lock, lock_holder, place_lock      one at a time: for a file, for a folder.
awaited_lock   the same, waited for on an event loop.
private     files that only their owner may read, replaced whole.
file_signature   whether a file was changed, by one `stat`.
reserved_file   one that is replaced on a full disk, too.      file_tail   the end of a long one.
in_thread   what blocks, in a thread.
loops, loop_lag   the event loop that all of ours runs on, and how late one is.
task_cancellation   the end of a task, whatever its libraries do.
names       looking up host names: each in a place of its own, so that a dead one holds up nobody.
tcp, tcp_probe   connecting to a host by name or address; whether something accepts there.
socket_owner, free_ports   the sockets of this machine: whose a port is, and which are free.
service_manager   reports the state of this process to systemd, or a manager like it.
loopback_listener   a socket that listens for programs of this machine.
side_program, side_process   a program that works for a running tree, from its start to its end;
            what that does first, and the messages between the two.
unix_peer   who is at the other end of a Unix socket.

`procfs`, `process_folder`, `flock` and `reserved_file` import the standard library alone, and
little of it: they are used by the shim beside each command as well, which must stay small.
"""
