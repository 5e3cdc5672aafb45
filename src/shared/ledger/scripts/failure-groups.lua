-- Groups the latest failures of a batch by message.
--
-- KEYS  1 the batch's failed items, by when they failed
-- ARGV  1 key prefix   2 how many to check, at most
-- Returns {checked, reason, message, count, …}; changes nothing.
local ids = redis.call('ZRANGE', KEYS[1], 0, tonumber(ARGV[2]) - 1, 'REV')
local counts, order = {}, {}
for _, id in ipairs(ids) do
  local record = redis.call('HMGET', ARGV[1] .. ':item:' .. id, 's', 'r', 'g')
  if record[1] == 'failed' then
    local group = (record[2] or '') .. '\n' .. (record[3] or '')
    if not counts[group] then order[#order + 1] = group end
    counts[group] = (counts[group] or 0) + 1
  end
end
local reply = { #ids }
for _, group in ipairs(order) do
  local reason, message = string.match(group, '^([^\n]*)\n(.*)$')
  reply[#reply + 1] = reason
  reply[#reply + 1] = message
  reply[#reply + 1] = counts[group]
end
return reply
