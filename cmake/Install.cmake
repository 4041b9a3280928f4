# What `cmake --install` puts where, in three components: each is the content of one package of
# scripts/package (docs/packages.md).
include(GNUInstallDirs)

# What scripts/manual made: the pages of a program (of testamur one for each noun), and for each shell the file that it looks for
# under the program's name.
function(testamur_install_program name section)
  install(TARGETS ${name} RUNTIME COMPONENT ${name})
  install(DIRECTORY docs/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT ${name}
          FILES_MATCHING PATTERN "${name}*.${section}")
  install(FILES docs/man/${name}.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
          RENAME ${name} COMPONENT ${name})
  install(FILES docs/man/_${name} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT ${name})
  install(FILES docs/man/${name}.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT ${name})
endfunction()

testamur_install_program(testamur 1)
testamur_install_program(testamurd 8)

# The pages stand to each other as in the sources, so that their links lead somewhere.
set(pages ${CMAKE_INSTALL_DATADIR}/doc/testamur-doc)
install(FILES README.md SECURITY.md CONTRIBUTING.md DESTINATION ${pages} COMPONENT testamur-doc)
install(DIRECTORY docs DESTINATION ${pages} COMPONENT testamur-doc PATTERN man EXCLUDE)
install(DIRECTORY proto/testamur DESTINATION ${CMAKE_INSTALL_DATADIR}/testamur/proto COMPONENT testamur-doc
        FILES_MATCHING PATTERN "*.proto")
