if(TARGET node_main)
  add_library(running_nodes STATIC running_nodes.cpp)
  target_link_libraries(running_nodes PUBLIC testamur_flags node_main)
  testamur_test(test_node_chain SOURCES chain_admission_test.cpp chain_test.cpp LINKS running_nodes)
endif()
if(TARGET node_chain)
  testamur_test(test_node_chain_parts
    SOURCES chain_directory_test.cpp chain_edges_test.cpp chain_parts_test.cpp peer_clocks_test.cpp voting_nodes_test.cpp
    LINKS node_chain)
endif()
