# daemon/control: requests, the status, the socket's file, taps, and the server against clients of all kinds.
foreach(part request status socket server tap)
  copydesk_unit_test(control_${part} SOURCES control_${part}.c LIBRARIES cd_control PkgConfig::JANSSON)
endforeach()
