SELECT s.node AS node, coalesce(r.parent, s.parent) AS parent
FROM step AS s
LEFT JOIN result AS r ON s.parent = r.node
