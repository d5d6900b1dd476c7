%% One server of bench/otp_tree.erl.
-module(otp_leaf).
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2]).

init(Port) ->
    ets:insert(leaves, {self()}),
    {ok, rendered(#{'IP' => <<"10.0.0.1">>, 'PORT' => Port, 'RATE' => <<"1s">>,
        location_path => <<"acme.cologne">>, contract => <<"_raw">>})}.

handle_call(_, _, State) -> {reply, State, State}.

handle_cast({rate, Rate}, {Variables, _}) -> {noreply, rendered(Variables#{'RATE' := Rate})}.

rendered(Variables) ->
    #{'IP' := Ip, 'PORT' := Port, 'RATE' := Rate, location_path := Path, contract := Contract} =
        Variables,
    Number = integer_to_binary(Port),
    Config = #{address => <<Ip/binary, ":", Number/binary>>,
        topic => <<"umh.v1.", Path/binary, ".", Contract/binary>>, rate => Rate},
    atomics:add(persistent_term:get(count), 1, 1),
    {Variables, Config}.
