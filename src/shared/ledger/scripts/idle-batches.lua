-- Finds batches that have unfinished items and nothing in their backlog.
--
-- KEYS  1 all batches (sorted set)
-- ARGV  1 key prefix   2 position to continue from   3 how many to check
-- Returns {checked, names, and for each the counts that change with any progress}; changes nothing.
local names = redis.call('ZRANGE', KEYS[1], ARGV[2], ARGV[2] + ARGV[3] - 1)
local idle, counts = {}, {}
for _, name in ipairs(names) do
  local batch = ARGV[1] .. ':batch:' .. name
  local fields = redis.call('HMGET', batch, 'queued', 'submitting', 'processing', 'downloading', 'sum:a')
  local unfinished = 0
  for i = 1, 4 do unfinished = unfinished + math.max(0, tonumber(fields[i] or '0')) end
  if unfinished > 0 and redis.call('LLEN', batch .. ':backlog') == 0 then
    idle[#idle + 1] = name
    for i = 1, 5 do fields[i] = fields[i] or '0' end
    counts[#counts + 1] = table.concat(fields, ' ')
  end
end
return { #names, idle, counts }
