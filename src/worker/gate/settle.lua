-- Records the outcome of an admitted request, and learns from it.
--
-- KEYS, ARGV 1-7  see slots.lua
-- ARGV  8 slot from admit.lua   9 verdict: counted, refused, unusable, unused, unsent or ambiguous
--       10 pause in ms, 0 for none   11 limit and 12 window in ms as stated by the server, or 0
--       13 the vendor's message of a refusal, or ''
-- Returns the number of unusable answers in a row; 0 if the slot is not open (already settled, or its lease and window
-- have passed), and then nothing is learned.
--
-- Invariant: a slot is settled once; a counted request keeps its slot for a whole window after its answer, less the
-- round trip that every request needs; a refused, unused or unsent one frees it; a pause is only ever extended.
local admittedAt, used, where, holder = string.match(ARGV[8], '^(%d+) (%d+) (%a+) (.*)$')
local leaseEnd = holder and redis.call('ZSCORE', openKey, holder)
if not leaseEnd then return 0 end
-- Without memory Redis refuses only the commands that need some: this one, which changes nothing, is refused before
-- anything is half done.
redis.call('SETRANGE', KEYS[1] .. ':memory', 0, '')

redis.call('ZREM', openKey, holder)

local slot = { admittedAt = tonumber(admittedAt), used = tonumber(used), beyond = where == 'beyond' }
local verdict, pause = ARGV[9], tonumber(ARGV[10]) * 1000
slot.pause = pause
local state = readState()
local saidLimit, saidWindow = tonumber(ARGV[11]), tonumber(ARGV[12]) * 1000
if saidLimit > 0 and saidWindow > 0 and (saidLimit ~= state.ceiling or saidWindow ~= state.window) then
  if learn == 'down' then saidLimit = math.min(saidLimit, configuredMax) end
  state.limit, state.ceiling, state.window, state.base = saidLimit, saidLimit, saidWindow, saidLimit
end
if verdict == 'counted' then
  measureWay(state, now - slot.admittedAt)
  learnAcceptance(state, slot)
  noteAcceptance(state)
  local freeAt = now + state.window + GUARD - surelyUnderway(state)
  redis.call('ZADD', heldKey, text(freeAt), holder)
elseif verdict == 'ambiguous' or verdict == 'unusable' then
  redis.call('ZADD', heldKey, text(now + state.window + GUARD), holder)
elseif verdict == 'refused' then
  redis.call('HINCRBY', stateKey, 'refused', 1)
  pause = math.max(pause, learnRefusal(state, slot))
end
pause = math.max(pause, noteTrouble(state, verdict))
if pause > 0 then beginPause(state, pause, ARGV[13]) end
writeState(state)
return state.trouble
