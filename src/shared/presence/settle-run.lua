-- Returns the current run of the server, and records that all workers have settled with it.
--
-- KEYS  1 the settled run
-- ARGV  1 the run that the caller knows, or '' to settle nothing
-- Returns {id of the current run, '' if the server does not report it; seconds since it began}.
--
-- Invariant: only the current run is ever settled.
local info = redis.pcall('INFO', 'server')
if type(info) ~= 'string' then return { '', '0' } end
local run = string.match(info, 'run_id:(%x+)') or ''
if ARGV[1] ~= '' and ARGV[1] == run then redis.call('SET', KEYS[1], run) end
return { run, string.match(info, 'uptime_in_seconds:(%d+)') or '0' }
