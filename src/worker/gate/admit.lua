-- Admits one request to the vendor, or says how long to wait and why.
--
-- KEYS, ARGV 1-7  see slots.lua
-- ARGV  8 holder: the id of the link, a dot, and what is unique per try   9… fields of the halts that stop this request
-- Returns {1, 0, slot, used slots, limit} if the holder has a slot, else {0, milliseconds to wait, why, used slots,
-- limit}; a halt, a pause and the cap count as a limit that is used up. The slot
-- contains when it was admitted, at which count, and whether beyond the limit, for learning when it is settled.
--
-- Invariant: never more slots in use than the limit, except for single attempts beyond it; never more tasks at the
-- vendor than the cap; and a second call with the same holder (after a lost reply) takes no second slot.
local holder = ARGV[8]
local function slot(admittedAt, used, beyond)
  return table.concat({ text(admittedAt), text(used), beyond and 'beyond' or 'within', holder }, ' ')
end

local state = readState()
local leaseEnd = redis.call('ZSCORE', openKey, holder)
if leaseEnd then
  local used = redis.call('ZCARD', heldKey) + redis.call('ZCARD', openKey) - 1
  return { 1, 0, slot(tonumber(leaseEnd) - lease, used, used >= state.limit), used, state.limit }
end
local found = room(state, argumentsFrom(9))
if found.free <= 0 then
  return { 0, milliseconds(found.wait), found.why, found.used or state.limit, state.limit }
end
redis.call('ZADD', openKey, text(now + lease), holder)
redis.call('HINCRBY', stateKey, 'admitted', 1)
if state.isNew then writeState(state) end
return { 1, 0, slot(now, found.used, found.beyond), found.used, state.limit }
