-- Records what became of an admitted request, and learns from it.
--
-- KEYS, ARGV 1-7  see slots.lua
-- ARGV  8 slot as admit.lua gave it   9 verdict: counted, refused, unusable, unused, unsent or ambiguous
--       10 no request before this many ms, 0 for none said   11 limit and 12 window in ms in the server's own words, or 0
--       13 what the vendor said with a refusal, or ''
-- Returns 1, or 0 when the slot is not open (settled before, or its lease and window have passed); and how many
-- answers in a row were of no use.
--
-- Invariant: a slot is settled once; a counted request keeps its slot for a whole window from its answer on, less what
-- every request surely takes on its way; a refused, unused or unsent one gives it back; a pause is only ever extended.
local admittedAt, used, where, holder = string.match(ARGV[8], '^(%d+) (%d+) (%a+) (.*)$')
local leaseEnd = holder and redis.call('ZSCORE', openKey, holder)
if not leaseEnd then return { 0, 0 } end
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
return { 1, state.trouble }
