"""The API of a running tree: HTTP with JSON on a Unix socket, for whoever may read its state.

Metrics and health are also served over TCP, on a loopback address, when that is asked for.

routes          the table of all routes: application, OpenAPI document and tests read it.
route_queries   what they are asked with.
route_handlers  what each route answers; decided in `operate`.
monitoring, metrics_text   metrics, health, readiness, version; the metrics for many at once.
host_check      refuses requests over TCP that were meant for another host.
application     the table as an ASGI application: bodies, deadlines, problems, repeated requests.
conditional_answers   ETags, and `If-Match`.    links   from a route to what can be asked next.
answers_of_rows  one text of all workers for all who ask at about the same time.
openapi         the table as an OpenAPI 3.1 document.
json_text       values as JSON in which no text moves a reader's cursor.
problem         errors as `application/problem+json`.
event_stream    what happens or is logged, as server-sent events; one look for all who watch.
streamed_items  what it streams: events, lines of the log.    worker_stream   changes of workers.
peer_identity   who is at the other end.
http_server     the server, and a protocol that waits for nobody.
activation      the socket; loads and starts all of the above when the first client comes.

It has a loop of its own, on which nothing of the tree runs: it reads frozen views and posts events,
so that a slow, silent or hostile client delays no tick. Nothing here is imported before it is
started.
"""
