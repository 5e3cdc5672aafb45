-- Reads on through a batch's items and picks those in a state, failed for a reason, possibly paid twice, or with a part
-- of an id or of a link.
--
-- KEYS  1 batch's item list
-- ARGV  1 key prefix   2 position to continue from   3 how many to look at, at most   4 how many to pick, at most
--       5 state, or ''   6 reason, or ''   7 part of the id, or ''   8 '1' for those possibly paid twice, or ''
--       9 part of the link as it is stored, or '': one that follows from its id is not
-- Returns {position to continue from (-1 at the end of the list), ids looked at, id picked, …}.
--
-- Changes nothing. A call looks at a few thousand items, which keeps others waiting for a few milliseconds; the
-- caller asks again until it has a page or its time is up.
local prefix, from, most, wanted = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local state, reason, part, isTwice = ARGV[5], ARGV[6], ARGV[7], ARGV[8] == '1'
local link = ARGV[9]
local isOfItem = state ~= '' or reason ~= '' or isTwice or link ~= ''
local ids = redis.call('LRANGE', KEYS[1], from, from + most - 1)
local picked = {}
for i, id in ipairs(ids) do
  local isPicked = part == '' or string.find(id, part, 1, true)
  if isPicked and isOfItem then
    local record = redis.call('HMGET', prefix .. ':item:' .. id, 's', 'r', 'x', 'u')
    isPicked = (state == '' or record[1] == state) and (reason == '' or record[2] == reason)
      and (not isTwice or tonumber(record[3] or 0) > 0)
      and (link == '' or string.find(record[4] or '', link, 1, true) ~= nil)
  end
  if isPicked then
    picked[#picked + 1] = id
    if #picked == wanted then
      return { from + i, i, unpack(picked) }
    end
  end
end
return { #ids < most and -1 or from + #ids, #ids, unpack(picked) }
