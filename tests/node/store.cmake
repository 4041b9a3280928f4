if(TARGET node_store)
  add_library(faulty_files STATIC ${CMAKE_SOURCE_DIR}/tests/support/faulty_files.cpp
              ${CMAKE_SOURCE_DIR}/tests/support/faulty_rocksdb.cpp)
  target_link_libraries(faulty_files PUBLIC node_store)
  testamur_test(test_node_store
    SOURCES store_journal_test.cpp store_journal_damage_test.cpp store_vote_store_test.cpp store_test.cpp
            store_index_test.cpp store_crash_test.cpp store_backup_test.cpp
    LINKS node_store faulty_files)
endif()
