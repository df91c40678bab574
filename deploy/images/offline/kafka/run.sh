#!/bin/sh
# run.sh CLASS ARGUMENTS…: a class of the broker, on the one line of Java options all of them need
exec java ${KAFKA_HEAP_OPTS:--Xmx512m} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true \
  --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED ${KAFKA_LOG4J_OPTS:-} \
  -cp "/opt/kafka/libs/*" "$@"
