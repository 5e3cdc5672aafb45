-- How many admissions are possible right now, else how long until the first and why not now.
--
-- KEYS, ARGV 1-6  see slots.lua
-- ARGV  7… fields of the halts that stop everybody
-- Returns {free slots, milliseconds to wait, why}.
local found = room(readState(), argumentsFrom(7))
return { found.free, milliseconds(found.wait), found.why }
