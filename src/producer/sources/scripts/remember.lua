-- Remembers links of a source as seen. Called only after they are in the ledger.
--
-- KEYS  1 any key of the source's link memory (names the slot)
-- ARGV  1 start of the source's link keys   2… links, two each: bucket, fingerprint
-- Safe to repeat. Fingerprints are 64-bit integers and a bucket holds few of them, so that Redis stores each bucket as
-- a plain sorted array: 8 bytes a link.
for i = 2, #ARGV, 2 do
  redis.call('SADD', ARGV[1] .. ARGV[i], ARGV[i + 1])
end
return (#ARGV - 1) / 2
