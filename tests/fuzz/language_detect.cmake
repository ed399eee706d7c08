# plugins/language_detect: any text through detection, and model files that somebody prepared.
copydesk_fuzz_target(language_text SOURCES language_text.c LIBRARIES language_detect_core
                     CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/language_text)
copydesk_fuzz_target(language_model SOURCES language_model.c LIBRARIES language_detect_core
                     CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/language_model)
