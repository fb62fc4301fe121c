SELECT a.record AS one, b.record AS other, count(*) AS shared
FROM members AS a
JOIN members AS b ON a.identifier = b.identifier
WHERE a.record < b.record
GROUP BY a.record, b.record
