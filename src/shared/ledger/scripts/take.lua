-- Takes the next waiting items out of the backlogs, batch by batch in turn.
--
-- KEYS  1 rotation (batches with a backlog, by their turn)   2 active set   3 at-gate set (taken, not yet submitted)
-- ARGV  1 key prefix   2 how many should stand at the gate   3 milliseconds until somebody should look after a taken item
-- Returns the ids, in the order they are to be submitted; none when enough stand at the gate already, so any
-- number of workers may call this at any time.
--
-- Rule: every batch with a backlog gets one item a turn, a batch of weight w gets w (stride scheduling: the
-- batch with the lowest pass goes next, and its pass grows by 1/w). A new batch starts at the lowest pass there is,
-- so ten links given after ten thousand wait for ten turns, not for ten thousand.
-- Invariant: an id leaves the backlog and enters the active set in one step; if the caller dies before it has
-- made a job of it, the sweep finds it there.
local rotation, active, atGate, prefix = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local wanted = tonumber(ARGV[2]) - redis.call('SCARD', atGate)
local taken = {}
while #taken < wanted do
  local first = redis.call('ZRANGE', rotation, 0, 0)
  if not first[1] then break end
  local batch = prefix .. ':batch:' .. first[1]
  local id = redis.call('LPOP', batch .. ':backlog')
  if not id then
    redis.call('ZREM', rotation, first[1])
  else
    local weight = tonumber(redis.call('HGET', batch, 'weight') or '1')
    redis.call('ZINCRBY', rotation, 1 / weight, first[1])
    if redis.call('HGET', prefix .. ':item:' .. id, 's') == 'queued' then
      redis.call('ZADD', active, now + tonumber(ARGV[3]), id)
      redis.call('SADD', atGate, id)
      taken[#taken + 1] = id
    end
  end
end
return taken
