# copydesk_add_plugin(NAME [SOURCES a.c b.c …] [TABLES tables/en.conf …] [LIBRARIES lib …])
#
# Makes two targets: NAME_core, a static library of SOURCES for unit tests, benchmarks and fuzzing, and NAME, the shared
# object that the daemon loads, from NAME's plugin.c and the core; it is built into plugins/ of the build folder. Without
# SOURCES and TABLES plugin.c is all there is. TABLES are data files that are compiled in as they are; <copydesk/tables.h>
# finds them by name (GNU assembler's .incbin: gcc and clang).
function(copydesk_embed_tables name out)
  set(entries "")
  set(blocks "")
  set(n 0)
  foreach(table ${ARGN})
    get_filename_component(path ${table} ABSOLUTE)
    get_filename_component(stem ${table} NAME_WE)
    string(APPEND blocks "__asm__(\".section .rodata\\n.balign 16\\n.L${name}_${n}_bytes:\\n.globl ${name}_table_${n}\\n"
      ".hidden ${name}_table_${n}\\n${name}_table_${n}:\\n.incbin \\\"${path}\\\"\\n.globl ${name}_table_${n}_end\\n"
      ".hidden ${name}_table_${n}_end\\n${name}_table_${n}_end:\\n.byte 0\\n.previous\");\n"
      "extern const char ${name}_table_${n}[], ${name}_table_${n}_end[];\n")
    string(APPEND entries "    {\"${stem}\", ${name}_table_${n}, ${name}_table_${n}_end},\n")
    math(EXPR n "${n} + 1")
    list(APPEND paths ${path})
  endforeach()
  file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}_tables.c
       CONTENT "/* Made by copydesk_add_plugin: the data files of ${name}, as they are. */\n#include <copydesk/tables.h>\n${blocks}const cd_table cd_tables[] = {\n${entries}    {0, 0, 0},\n};\n")
  set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/${name}_tables.c PROPERTIES GENERATED ON OBJECT_DEPENDS "${paths}")
  set(${out} ${CMAKE_CURRENT_BINARY_DIR}/${name}_tables.c PARENT_SCOPE)
endfunction()

function(copydesk_add_plugin name)
  cmake_parse_arguments(P "" "" "SOURCES;TABLES;LIBRARIES" ${ARGN})
  set(sources ${P_SOURCES})
  if(P_TABLES)
    copydesk_embed_tables(${name} tables ${P_TABLES})
    list(APPEND sources ${tables})
  endif()
  if(sources)
    add_library(${name}_core STATIC ${sources})
    target_include_directories(${name}_core PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${name}_core PUBLIC copydesk::sdk PRIVATE ${P_LIBRARIES})
    # A project of its own need not have set these; only copydesk_plugin is to be seen from outside.
    set_target_properties(${name}_core PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden
                          CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  else()
    add_library(${name}_core INTERFACE)
    target_link_libraries(${name}_core INTERFACE copydesk::sdk ${P_LIBRARIES})
  endif()
  add_library(${name} MODULE plugin.c)
  target_link_libraries(${name} PRIVATE ${name}_core)
  set_target_properties(${name} PROPERTIES PREFIX "" C_VISIBILITY_PRESET hidden
                        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
  target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL -Wl,-z,relro,-z,now)
  install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/copydesk/plugins)
endfunction()
