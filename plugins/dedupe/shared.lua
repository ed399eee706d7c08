-- SPDX-License-Identifier: Apache-2.0
--
-- shared.lua: the one script that the shared store consists of. Redis runs it whole and alone, so that who finds the log
-- as he knows it, and adds to it, was first.
--
-- The log is a row of segments, each a list of records. A machine says how far it knows the newest segment, and shows the
-- last record that it knows of it: the log is as it thinks only if that record stands at that place.
--
-- KEYS: 1 the head (a hash: format, oldest, newest, before:N), 2 segment N's records (a list), 3 what was forgotten while
--       N was the newest (a list), 4… lists to give back
-- ARGV: 1 what to do, 2 format, 3 N, 4 records known of N, 5 forgotten known of N, 6 the last record known (of the
--       segment before, if none of N is; empty if none at all), 7 seconds to live, 8 at most so many records back, 9…
-- Gives: {"level" | "behind" | "apart", oldest, newest, records of N, {records}, {forgotten}}, {"empty"}, {"format", its}

local act, format, segment, last, life, page = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[6], ARGV[7], tonumber(ARGV[8])
local known, seen = tonumber(ARGV[4]), tonumber(ARGV[5])
local head, records, forgotten = KEYS[1], KEYS[2], KEYS[3]

-- A record is some hundred bytes; what a segment begins behind is kept as a digest.
local function digest(bytes) return bytes == '' and '' or redis.sha1hex(bytes) end

local function keep()
    for i = 1, 3 do redis.call('EXPIRE', KEYS[i], life) end
end

local stored = redis.call('HMGET', head, 'format', 'oldest', 'newest', 'before:' .. segment)
if not stored[1] then
    if act ~= 'found' then return {'empty'} end
    redis.call('HSET', head, 'format', format, 'oldest', segment, 'newest', segment, 'before:' .. segment, '')
    keep()
    stored = {format, segment, segment, ''}
end
if stored[1] ~= format then return {'format', stored[1]} end

local oldest, newest, before = tonumber(stored[2]), tonumber(stored[3]), stored[4]
local length = redis.call('LLEN', records)
local agrees
if segment > newest or known > length then
    agrees = false
elseif known > 0 then
    agrees = redis.call('LINDEX', records, known - 1) == last
else
    agrees = last == '' or not before or before == '' or before == digest(last)
end
if not agrees then return {'apart', oldest, newest, length} end

local news = redis.call('LRANGE', forgotten, seen, -1)
if segment < newest or length > known or #news > 0 then
    local more = page > 0 and redis.call('LRANGE', records, known, known + page - 1) or {}
    return {'behind', oldest, newest, length, more, news}
end

if act == 'append' then
    redis.call('RPUSH', records, unpack(ARGV, 9))
    keep()
elseif act == 'forget' then
    redis.call('RPUSH', forgotten, ARGV[9])
    keep()
elseif act == 'roll' then
    newest = segment + 1
    redis.call('HSET', head, 'newest', newest, 'before:' .. newest, digest(last))
    keep()
    -- ARGV[9]: the oldest segment that is still in sight; what lies before it goes, and its space with it
    local visible = tonumber(ARGV[9])
    for i = 4, #KEYS do redis.call('UNLINK', KEYS[i]) end
    for i = oldest, math.min(visible, oldest + 256) - 1 do redis.call('HDEL', head, 'before:' .. i) end
    if visible > oldest then
        oldest = visible
        redis.call('HSET', head, 'oldest', oldest)
    end
end
return {'level', oldest, newest, length}
