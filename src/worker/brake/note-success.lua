-- A task has succeeded: forgets the failures of its model.
--
-- KEYS  1 refused create calls (note-failure.lua)   2 failed tasks   3 halts
-- ARGV  1 field of the halt `model-failing` of the model
-- Returns 1 when that halt stands, which the success ends, else 0.
redis.call('DEL', KEYS[1], KEYS[2])
return redis.call('HEXISTS', KEYS[3], ARGV[1])
