-- Returns which links of a source are new: neither seen in this source nor known to the ledger.
--
-- KEYS  1 any key of the source's link memory (names the slot)
-- ARGV  1 key prefix   2 start of the source's link keys   3… links, three each: item id, bucket, fingerprint
-- Returns one letter a link: n new · k known.
--
-- Reads only. The ledger is checked too, because a run may have died between enqueueing a link and remembering it.
local itemPrefix, memory = ARGV[1] .. ':item:', ARGV[2]
local letters = {}
for i = 3, #ARGV, 3 do
  local known = redis.call('SISMEMBER', memory .. ARGV[i + 1], ARGV[i + 2]) == 1
    or redis.call('EXISTS', itemPrefix .. ARGV[i]) == 1
  letters[#letters + 1] = known and 'k' or 'n'
end
return table.concat(letters)
