foreach(part log text)
  copydesk_unit_test(base_${part} SOURCES base_${part}.c LIBRARIES cd_base)
endforeach()
