if(TARGET node_net)
  add_library(net_fixtures STATIC net_fixtures.cpp)
  target_link_libraries(net_fixtures PUBLIC testamur_flags node_net)
  testamur_test(test_node_net
    SOURCES net_frame_test.cpp net_queue_test.cpp net_gate_test.cpp net_session_test.cpp net_admission_test.cpp
            net_hostile_test.cpp net_fair_test.cpp
    LINKS net_fixtures)
endif()
