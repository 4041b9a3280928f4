# Completion of testamurd for fish, made by scripts/manual from what the program says of itself.

# The command that is typed in these words.
function __testamurd_typed
    set -l commands 'run' 'check-config' 'version' 'help' 'backup' 'restore' 'resume-voting' 'new-key' 'ready' 'decisions' 'decisions export' 'init' 'join' 'genesis' 'genesis recover' 'recover' 'replace'
    set -l valued --api --api-address --chain --config --country --deqar --dir --domain --eter --from --genesis --height --institution --issuer --keep --language --lei --metrics-address --name --out --outcome --party --peer-address --ror --scope --second-node-of --sign-from --to --with-issuer-keys
    set -l typed ''
    set -l value no
    for word in $argv[2..-1]
        set -l next (string trim -- "$typed $word")
        if test $value = yes
            set value no
        else if contains -- $word $valued
            set value yes
        else if test "$next" != --; and contains -- $next $commands
            set typed $next
        end
    end
    echo $typed
end

# Whether this command is the one that is typed so far. It is asked of every command, and reckoned once a line.
function __testamurd_at
    set -l words (commandline -opc)
    if test "$words" != "$__testamurd_words"
        set -g __testamurd_words $words
        set -g __testamurd_now (__testamurd_typed $words)
    end
    test "$__testamurd_now" = "$argv"
end

complete -c testamurd -f
complete -c testamurd -n '__testamurd_at' -a run -d 'Run the node until SIGTERM'
complete -c testamurd -n '__testamurd_at' -a check-config -d 'Say what is wrong with a configuration, and where'
complete -c testamurd -n '__testamurd_at' -a version -d 'Print the version'
complete -c testamurd -n '__testamurd_at' -a help -d 'What a command does and takes, as in: help init'
complete -c testamurd -n '__testamurd_at' -a backup -d 'Copy the store of the running node into a directory'
complete -c testamurd -n '__testamurd_at' -a restore -d 'Put a backup in the place of lost data; the node begins in quarantine'
complete -c testamurd -n '__testamurd_at' -a resume-voting -d 'End quarantine by command (see docs/operating.md first)'
complete -c testamurd -n '__testamurd_at' -a new-key -d 'Make a fresh key of the running node, to be registered'
complete -c testamurd -n '__testamurd_at' -a ready -d 'Declare the running node ready to vote with its new consensus key'
complete -c testamurd -n '__testamurd_at' -a decisions -d 'What this node decided, without personal data'
complete -c testamurd -n '__testamurd_at' -a init -d 'Make a node\'s directory: configuration, keys, vote store, party file'
complete -c testamurd -n '__testamurd_at' -a join -d 'Let a node follow a ledger: record and peers into its directory'
complete -c testamurd -n '__testamurd_at' -a genesis -d 'Genesis records (the ceremony itself: `testamur genesis`)'
complete -c testamurd -n '__testamurd_at' -a recover -d 'Let this node go on with the ledger of a signed recovery'
complete -c testamurd -n '__testamurd_at' -a replace -d 'A new node for an institution that lost its own'
complete -c testamurd -n '__testamurd_at' -l dev -d 'A fresh ledger of one node with sample data; needs no configuration'
complete -c testamurd -n '__testamurd_at' -l dir -x -a '(__fish_complete_directories)' -d 'With --dev: keep the ledger here (default: nowhere)'
complete -c testamurd -n '__testamurd_at' -l api -x -d 'With --dev: address of the API (default: 127.0.0.1:7601, or any free port)'
complete -c testamurd -n '__testamurd_at' -l no-sample-data -d 'With --dev and a fresh ledger: begin empty'
complete -c testamurd -n '__testamurd_at' -l version -d 'Print the version'
complete -c testamurd -n '__testamurd_at run' -l config -r -F -d 'Configuration file'
complete -c testamurd -n '__testamurd_at check-config' -l config -r -F -d 'Configuration file'
complete -c testamurd -n '__testamurd_at backup' -l config -r -F -d 'Configuration file'
complete -c testamurd -n '__testamurd_at backup' -l to -x -a '(__fish_complete_directories)' -d 'Directory; an earlier backup in it is completed'
complete -c testamurd -n '__testamurd_at restore' -l config -r -F -d 'Configuration file'
complete -c testamurd -n '__testamurd_at restore' -l from -x -a '(__fish_complete_directories)' -d 'Directory of a backup'
complete -c testamurd -n '__testamurd_at restore' -l height -x -d 'The backup at this height (default: the highest, which must be complete)'
complete -c testamurd -n '__testamurd_at resume-voting' -l config -r -F -d 'Configuration file'
complete -c testamurd -n '__testamurd_at resume-voting' -l i-destroyed-the-other-copy -d 'No other copy of the consensus key exists any more'
complete -c testamurd -n '__testamurd_at resume-voting' -l sign-from -x -d 'On a ledger of one: the block with which signing begins anew'
complete -c testamurd -n '__testamurd_at new-key' -l config -r -F -d 'Configuration file'
complete -c testamurd -n '__testamurd_at new-key' -l out -r -F -d 'The public file (default: new-PURPOSE-key.toml)'
complete -c testamurd -n '__testamurd_at ready' -l config -r -F -d 'Configuration file'
complete -c testamurd -n '__testamurd_at ready' -l dry-run -d 'Say with which key, submit nothing'
complete -c testamurd -n '__testamurd_at decisions' -a export -d 'Counted decisions of the running node as CSV'
complete -c testamurd -n '__testamurd_at decisions export' -l config -r -F -d 'Configuration file'
complete -c testamurd -n '__testamurd_at decisions export' -l issuer -x -d 'Only about this institution (tmi1...)'
complete -c testamurd -n '__testamurd_at decisions export' -l scope -x -d 'Only where the scope touches this ISCED-F code or name'
complete -c testamurd -n '__testamurd_at decisions export' -l outcome -x -d 'accept, refuse or blocked'
complete -c testamurd -n '__testamurd_at decisions export' -l from -x -d 'First day, YYYY-MM-DD (UTC)'
complete -c testamurd -n '__testamurd_at decisions export' -l to -x -d 'The day after the last'
complete -c testamurd -n '__testamurd_at decisions export' -l out -r -F -d 'File to write (default: standard output)'
complete -c testamurd -n '__testamurd_at init' -l dir -x -a '(__fish_complete_directories)' -d 'Directory to make'
complete -c testamurd -n '__testamurd_at init' -l config -r -F -d 'Where the configuration goes (default: testamurd.toml in the directory)'
complete -c testamurd -n '__testamurd_at init' -l name -x -d 'Legal name of the institution'
complete -c testamurd -n '__testamurd_at init' -l language -x -d 'Language of the name (BCP 47)'
complete -c testamurd -n '__testamurd_at init' -l country -x -d 'ISO 3166-1 alpha-2'
complete -c testamurd -n '__testamurd_at init' -l domain -x -d 'Domain that its credentials name'
complete -c testamurd -n '__testamurd_at init' -l ror -x -d 'Research Organization Registry id'
complete -c testamurd -n '__testamurd_at init' -l eter -x -d 'European Tertiary Education Register id'
complete -c testamurd -n '__testamurd_at init' -l lei -x -d 'Legal Entity Identifier'
complete -c testamurd -n '__testamurd_at init' -l deqar -x -d 'DEQAR id'
complete -c testamurd -n '__testamurd_at init' -l peer-address -x -d 'host:port that other nodes reach'
complete -c testamurd -n '__testamurd_at init' -l api-address -x -d 'host:port of the gRPC API'
complete -c testamurd -n '__testamurd_at init' -l metrics-address -x -d 'host:port of the metrics'
complete -c testamurd -n '__testamurd_at init' -l with-issuer-keys -x -a '(__fish_complete_directories)' -d 'Where the institution\'s own key files go (default: issuer-keys in the directory)'
complete -c testamurd -n '__testamurd_at init' -l observer -d 'A node without a vote'
complete -c testamurd -n '__testamurd_at init' -l accreditor -d 'With --observer: a quality agency'
complete -c testamurd -n '__testamurd_at init' -l second-node-of -x -d '--language --country --domain --ror --eter --lei --deqar --with-issuer-keys --observer --accreditor Instead of an institution\'s facts: a further node of this one (tmi1...), without a vote'
complete -c testamurd -n '__testamurd_at init' -l genesis -r -F -d 'With it: the record of the ledger'
complete -c testamurd -n '__testamurd_at init' -l party -r -F -d '… and party files of the others'
complete -c testamurd -n '__testamurd_at join' -l dir -x -a '(__fish_complete_directories)' -d 'Directory of the node'
complete -c testamurd -n '__testamurd_at join' -l config -r -F -d 'Its configuration, where that is not testamurd.toml in the directory'
complete -c testamurd -n '__testamurd_at join' -l genesis -r -F -d 'Genesis record (`testamur genesis`)'
complete -c testamurd -n '__testamurd_at join' -l party -r -F -d 'Party files of the others, for their addresses'
complete -c testamurd -n '__testamurd_at join' -l institution -x -d 'The id that its registration gave (default: that of a founder)'
complete -c testamurd -n '__testamurd_at genesis' -a recover -d 'Draft the record by which a ledger goes on without lost keys'
complete -c testamurd -n '__testamurd_at genesis recover' -l config -r -F -d 'Configuration of a surviving, stopped node'
complete -c testamurd -n '__testamurd_at genesis recover' -l from -x -a '(__fish_complete_directories)' -d 'A backup instead of the node\'s own store'
complete -c testamurd -n '__testamurd_at genesis recover' -l height -x -d 'With --from: the height of the backup (default: the highest)'
complete -c testamurd -n '__testamurd_at genesis recover' -l keep -x -d 'Institution (tmi1...) whose node survives; once for each'
complete -c testamurd -n '__testamurd_at genesis recover' -F
complete -c testamurd -n '__testamurd_at recover' -l config -r -F -d 'Configuration of the stopped node'
complete -c testamurd -n '__testamurd_at recover' -l genesis -r -F -d 'The signed record'
complete -c testamurd -n '__testamurd_at recover' -l from -x -a '(__fish_complete_directories)' -d 'A backup, where the node\'s own store is gone'
complete -c testamurd -n '__testamurd_at recover' -l height -x -d 'With --from: the height of the backup (default: the highest)'
complete -c testamurd -n '__testamurd_at replace' -l dir -x -a '(__fish_complete_directories)' -d 'Directory to make'
complete -c testamurd -n '__testamurd_at replace' -l config -r -F -d 'Where the configuration goes (default: testamurd.toml in the directory)'
complete -c testamurd -n '__testamurd_at replace' -l institution -x -d 'The institution (tmi1...)'
complete -c testamurd -n '__testamurd_at replace' -l chain -x -d 'The ledger that lost its keys (tmn1...)'
complete -c testamurd -n '__testamurd_at replace' -l peer-address -x -d 'host:port that other nodes reach'
complete -c testamurd -n '__testamurd_at replace' -l api-address -x -d 'host:port of the gRPC API'
complete -c testamurd -n '__testamurd_at replace' -l metrics-address -x -d 'host:port of the metrics'
