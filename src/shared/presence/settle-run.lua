-- Tells which run of the server this is, and notes that all workers have settled with it.
--
-- KEYS  1 the run that is settled with
-- ARGV  1 the run that the caller knows, or '' to settle nothing
-- Returns {id of the present run, '' where the server does not tell; seconds since it began}.
--
-- Invariant: only the run that is under way is ever settled with.
local info = redis.pcall('INFO', 'server')
if type(info) ~= 'string' then return { '', '0' } end
local run = string.match(info, 'run_id:(%x+)') or ''
if ARGV[1] ~= '' and ARGV[1] == run then redis.call('SET', KEYS[1], run) end
return { run, string.match(info, 'uptime_in_seconds:(%d+)') or '0' }
