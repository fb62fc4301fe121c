SELECT a.member AS one, b.member AS other, bit_or(a.kind) AS kinds, count(*) AS blocks
FROM blocks AS a
JOIN blocks AS b ON a.block = b.block
WHERE a.member < b.member
GROUP BY a.member, b.member
