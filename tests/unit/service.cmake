foreach(part notify signals)
  copydesk_unit_test(service_${part} SOURCES service_${part}.c LIBRARIES cd_service)
endforeach()
