CREATE STREAM cold_rooms (room STRING, temperature FLOAT, humidity FLOAT, door STRING, ts BIGINT)
WITH (DATASOURCE="cold-rooms/+/climate", FORMAT="JSON", TYPE="mqtt", TIMESTAMP="ts");
