if(TARGET node_main)
  testamur_test(test_node_config SOURCES config_test.cpp config_genesis_test.cpp durable_file_test.cpp operator_slips_test.cpp operator_data_test.cpp vote_copies_test.cpp
    LINKS running_nodes wallet_cli)
endif()
