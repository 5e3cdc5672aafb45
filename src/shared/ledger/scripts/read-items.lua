-- Reads a page of a batch's items.
--
-- KEYS  1 batch's item list
-- ARGV  1 key prefix   2 position of the first   3 how many at most
-- Returns a MessagePack array with one array an item: field, value, …, and its id at the end.
--
-- Changes nothing. One packed text a page: a reply of many parts costs Redis and the client more than all the rest
-- of the way.
local ids = redis.call('LRANGE', KEYS[1], ARGV[2], ARGV[2] + ARGV[3] - 1)
local page = {}
for i, id in ipairs(ids) do
  local item = redis.call('HGETALL', ARGV[1] .. ':item:' .. id)
  item[#item + 1] = id
  page[i] = item
end
return cmsgpack.pack(page)
