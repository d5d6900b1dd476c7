%% The tree of bench/tree.py as Erlang/OTP has it: a supervisor, one for each group, three servers in
%% each. Every server renders the same template of five variables when it starts and when one changes.
%% Prints one JSON object. Called by `python -m bench.otp`.
-module(otp_tree).
-behaviour(supervisor).
-export([main/1, init/1, start_group/1, start_leaf/1]).

main([Text]) ->
    Groups = list_to_integer(atom_to_list(Text)),
    Leaves = Groups * 3,
    Count = atomics:new(1, []),
    persistent_term:put(count, Count),
    ets:new(leaves, [named_table, public, {write_concurrency, true}]),
    erlang:garbage_collect(),
    Before = resident(),
    {Start, _} = timer:tc(fun() ->
        {ok, _} = supervisor:start_link({local, root}, ?MODULE, {root, Groups}),
        reached(Count, Leaves)
    end),
    Memory = resident() - Before,
    Pids = [Pid || {Pid} <- ets:tab2list(leaves)],
    Reactions = [react(Count, Pids, Leaves, N) || N <- lists:seq(2, 6)],
    io:format("{\"start_s\": ~.6f, \"react_s\": ~.6f, \"memory_per_worker_b\": ~.1f}~n",
        [Start / 1.0e6, lists:nth(3, lists:sort(Reactions)) / 1.0e6, Memory / (1 + Groups * 4)]),
    halt(0).

react(Count, Pids, Leaves, N) ->
    atomics:put(Count, 1, 0),
    Rate = integer_to_binary(N),
    {Time, _} = timer:tc(fun() ->
        [gen_server:cast(Pid, {rate, <<Rate/binary, "s">>}) || Pid <- Pids],
        reached(Count, Leaves)
    end),
    Time.

reached(Count, Goal) ->
    case atomics:get(Count, 1) >= Goal of
        true -> ok;
        false -> timer:sleep(1), reached(Count, Goal)
    end.

start_group(Name) -> supervisor:start_link(?MODULE, {group, Name}).
start_leaf(Port) -> gen_server:start_link(otp_leaf, Port, []).

init({root, Groups}) ->
    {ok, {#{strategy => one_for_one, intensity => 10, period => 10}, [
        #{id => N, start => {?MODULE, start_group, [N]}, type => supervisor}
        || N <- lists:seq(1, Groups)]}};
init({group, _}) ->
    {ok, {#{strategy => one_for_one, intensity => 10, period => 10}, [
        #{id => N, start => {?MODULE, start_leaf, [500 + N]}} || N <- [0, 1, 2]]}}.

resident() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = binary:split(Text, <<" ">>, [global]),
    binary_to_integer(Pages) * 4096.
