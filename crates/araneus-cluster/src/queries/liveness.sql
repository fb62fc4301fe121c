SELECT s.source AS source, s.key AS key, s.run AS run, s.total AS total, s.objects AS objects, s.withdrawals AS withdrawals
FROM states AS s
JOIN (SELECT source, key, max(run) AS run FROM states GROUP BY source, key) AS l
    ON s.source = l.source AND s.key = l.key AND s.run = l.run
