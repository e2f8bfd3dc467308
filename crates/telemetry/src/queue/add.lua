-- Adds a batch, and answers 1; 0 where there is no room. One that is larger than all room is taken alone.
-- KEYS: stream, its bytes. ARGV: most bytes, most entries, memory of the batch, the batch.
local bytes = tonumber(redis.call('GET', KEYS[2]) or '0')
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[2]) or (bytes > 0 and bytes + #ARGV[4] > tonumber(ARGV[1])) then
  return 0
end
redis.call('XADD', KEYS[1], '*', 'memory', ARGV[3], 'batch', ARGV[4])
redis.call('INCRBY', KEYS[2], #ARGV[4])
return 1
