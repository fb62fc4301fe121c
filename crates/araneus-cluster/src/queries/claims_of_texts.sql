SELECT a.node AS source, b.node AS target, {weight} AS weight
FROM input
JOIN nodes AS a ON CAST(input."{from}" AS VARCHAR) = a.id
JOIN nodes AS b ON CAST(input."{to}" AS VARCHAR) = b.id
{condition}
