# bench_language_detect [--check]: articles a second and core, and the cost of hostile ones.
add_executable(bench_language_detect ${CMAKE_CURRENT_LIST_DIR}/language_detect.c)
target_link_libraries(bench_language_detect PRIVATE language_detect_core)
set_target_properties(bench_language_detect PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
