-- Puts a dead letter back into the queue, and answers 1; 0 where there is none of that id.
-- KEYS: dead letters, stream, its bytes. ARGV: id.
local letter = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not letter then return 0 end
local memory, batch = letter[2][4], letter[2][6]
redis.call('XADD', KEYS[2], '*', 'memory', memory, 'batch', batch)
redis.call('INCRBY', KEYS[3], #batch)
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
