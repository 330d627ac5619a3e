-- Average and highest temperature of each room every ten seconds of event time
SELECT room,
       avg(temperature) AS average,
       max(temperature) AS highest,
       count(*) AS readings,
       window_end() AS until
FROM cold_rooms
GROUP BY room, TUMBLINGWINDOW(ss, 10)
