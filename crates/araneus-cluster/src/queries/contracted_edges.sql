SELECT DISTINCT a.parent AS source, b.parent AS target
FROM edges AS e
JOIN step AS a ON e.source = a.node
JOIN step AS b ON e.target = b.node
WHERE a.parent <> b.parent
