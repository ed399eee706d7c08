# daemon/ring: rule by rule, random schedules, two threads at once; the channel, messages and hello.
find_package(Threads REQUIRED)
copydesk_unit_test(ring SOURCES ring.c ring_support.c LIBRARIES cd_ring)
copydesk_unit_test(ring_property SOURCES ring_property.c ring_support.c LIBRARIES cd_ring)
copydesk_unit_test(ring_threads SOURCES ring_threads.c ring_support.c LIBRARIES cd_ring Threads::Threads)
copydesk_unit_test(channel SOURCES channel.c ring_support.c LIBRARIES cd_ring)
copydesk_unit_test(message SOURCES message.c LIBRARIES cd_ring)
copydesk_unit_test(hello SOURCES hello.c LIBRARIES cd_ring)
