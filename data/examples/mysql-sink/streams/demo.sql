CREATE STREAM demo (temperature FLOAT, humidity BIGINT, note STRING)
WITH (DATASOURCE="devices/+/messages", FORMAT="JSON", TYPE="mqtt");
