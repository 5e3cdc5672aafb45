-- How many admissions are possible right now, else how long until the first and why not now.
--
-- KEYS, ARGV 1-7  see slots.lua
-- ARGV  8… fields of the halts that stop everybody
-- Returns {free slots, milliseconds to wait, why}.
local found = room(readState(), argumentsFrom(8))
return { found.free, milliseconds(found.wait), found.why }
