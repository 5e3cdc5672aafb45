-- Reads a page of a batch's items.
--
-- KEYS  1 batch's item list
-- ARGV  1 key prefix   2 position of the first   3 how many at most   4… fields
-- Returns one list: of each item its id, then its fields, absent ones as nil. Empty at the end of the list.
--
-- Changes nothing. One call a page, because a call an item costs the client more than all the rest of the way.
local ids = redis.call('LRANGE', KEYS[1], ARGV[2], ARGV[2] + ARGV[3] - 1)
local read = { 'HMGET', '' }
for i = 4, #ARGV do read[i - 1] = ARGV[i] end
local reply, size = {}, 0
for _, id in ipairs(ids) do
  read[2] = ARGV[1] .. ':item:' .. id
  local values = redis.call(unpack(read))
  size = size + 1
  reply[size] = id
  for i = 1, #values do reply[size + i] = values[i] end
  size = size + #values
end
return reply
