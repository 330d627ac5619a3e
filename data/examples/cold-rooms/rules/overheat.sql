-- Rooms that are too warm, with the reading smoothed by the C function in functions/ema.c
SELECT room,
       temperature,
       ema(temperature, 0.3) AS smoothed,
       door
FROM cold_rooms
WHERE temperature > 6
