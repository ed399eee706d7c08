# daemon/desk: the window and the budget alone; the desk as a whole with real children.
copydesk_unit_test(lane SOURCES lane.c LIBRARIES cd_desk)
foreach(test desk desk_breaker desk_caution desk_crash desk_retry desk_store desk_random desk_ledger)
  copydesk_unit_test(${test} SOURCES ${test}.c desk_support.c LIBRARIES cd_desk)
  target_compile_definitions(test_${test} PRIVATE TEST_PLUGINS="${CMAKE_BINARY_DIR}/tests/plugins")
  set_tests_properties(unit.${test} PROPERTIES TIMEOUT 300)
  add_dependencies(test_${test} copydesk-worker test_plugin_misbehave test_plugin_slow test_plugin_sequence test_plugin_faulty
                   test_plugin_open_fails test_plugin_no_entry test_plugin_null_descriptor)
endforeach()
# The desk looks for its workers beside the program that it is in.
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
file(CREATE_LINK ../copydesk-worker ${CMAKE_BINARY_DIR}/tests/copydesk-worker SYMBOLIC)

# A desk whose copydesk-worker is another program.
add_executable(hostile_worker hostile_worker.c)
target_link_libraries(hostile_worker PRIVATE cd_ring)
set_target_properties(hostile_worker PROPERTIES OUTPUT_NAME copydesk-worker
                      RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/hostile)
copydesk_unit_test(desk_hostile SOURCES desk_hostile.c desk_support.c LIBRARIES cd_desk)
set_target_properties(test_desk_hostile PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/hostile)
target_compile_definitions(test_desk_hostile PRIVATE TEST_PLUGINS="${CMAKE_BINARY_DIR}/tests/plugins")
set_tests_properties(unit.desk_hostile PROPERTIES TIMEOUT 300)
add_dependencies(test_desk_hostile hostile_worker)
