# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_git_lineage_global_optspecs
    string join \n C= json color= trusted-root= q/quiet v/verbose h/help V/version
end

function __fish_git_lineage_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_git_lineage_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_git_lineage_using_subcommand
    set -l cmd (__fish_git_lineage_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c git-lineage -n "__fish_git_lineage_needs_command" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_needs_command" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_needs_command" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_needs_command" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -s V -l version -d 'Print version'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "init" -d 'Set a repository up'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "rulesets" -d 'Keep the branches and tags of the flow protected by rulesets of GitHub'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "status" -d 'Show where every chart stands'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "changed" -d 'List the charts that differ between two commits'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "check" -d 'Run the checks of a contribution, sign their results, seal the complete map (stage 1)'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "split" -d 'Make one branch per changed chart (stage 2)'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "guard" -d 'Judge the source of a merge by branch, repository and content (stage 3)'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "propose" -d 'Write the pull request to main (stage 4)'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "bump" -d 'Give a chart its next version (stage 5)'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "tag" -d 'Tag the release of a chart on main (stage 6)'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "build" -d 'Build and attest the package of a tag (stage 7)'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "publish" -d 'Publish a proven release: registry, signature, release assets (stage 8)'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "channel" -d 'Move the names that point at releases: prod, dev, nightly'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "prune" -d 'Take away what nothing needs from the charts\' repositories in the registry'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "verify" -d 'Prove releases from this clone, offline'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "log" -d 'Show where a release came from, as a tree'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "sync" -d 'Fetch the evidence, fold what was handed in, push it'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "export" -d 'Write a release\'s evidence as files other tools read'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "attest" -d 'Record attestations made elsewhere, and what people say of a contribution'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "waive" -d 'Answer for a required check that is missing or failed'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "package" -d 'Package a chart at a revision, unattested'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "subject" -d 'Print the listing every attestation of a chart is about'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "rehearse" -d 'Run the whole line on a scratch clone'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "trust" -d 'Show the keys and trust roots in force and what this clone measures verdicts against'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "verify-bundle" -d 'Verify a Sigstore bundle, as other Sigstore clients do'
complete -c git-lineage -n "__fish_git_lineage_needs_command" -f -a "sign-bundle" -d 'Sign a file or an in-toto statement keyless into a Sigstore bundle'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l remote -d 'The remote to work with; none: origin' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l flow -d 'How contributions reach main; none: what the repository looks like' -r -f -a "integration\t'feature, integration, per-chart branch, main'
direct\t'feature, main'"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l oci -d 'The OCI destination: `oci://host[:port]/path` or `oci-layout:DIR`' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l assets -d 'The directory of release assets' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l repository -d 'The repository on GitHub' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l repository-id -d 'GitHub\'s number for it: `gh api repos/OWNER/NAME --jq .id`' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l owner-id -d 'GitHub\'s number for its owner: `gh api repos/OWNER/NAME --jq .owner.id`' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l app-id -d 'The number of the App that moves the protected branches and makes the tags' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l program -d 'The git-lineage program that the jobs download' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l program-sha256 -d 'Its sha256' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l key -d 'The private key, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l github -d 'Write the workflows and rulesets of GitHub, too'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -l check -d 'Only say whether the workflows and rulesets on main are up to date; exit code 1 if not'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and not __fish_seen_subcommand_from plan apply check" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and not __fish_seen_subcommand_from plan apply check" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and not __fish_seen_subcommand_from plan apply check" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and not __fish_seen_subcommand_from plan apply check" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and not __fish_seen_subcommand_from plan apply check" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and not __fish_seen_subcommand_from plan apply check" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and not __fish_seen_subcommand_from plan apply check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and not __fish_seen_subcommand_from plan apply check" -f -a "plan" -d 'Show what is missing or has drifted, and the steps in their order'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and not __fish_seen_subcommand_from plan apply check" -f -a "apply" -d 'Make and correct the rulesets'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and not __fish_seen_subcommand_from plan apply check" -f -a "check" -d 'Hold the rulesets against the policy, for a CI job'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from plan" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from plan" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from plan" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from plan" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from plan" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from plan" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from apply" -l backup -d 'Where the rulesets as they are go first; none: a new file in `.git/lineage`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from apply" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from apply" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from apply" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from apply" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from apply" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from apply" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from apply" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from check" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from check" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from check" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from check" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rulesets; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand status" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand status" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand status" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand status" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand status" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand status" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand status" -l remote -d 'Ask the remote, too'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand status" -l all -d 'With --remote, look at every release, not at the newest of each chart alone'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand changed" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand changed" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand changed" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand changed" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand changed" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand changed" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand changed" -l github-matrix -d 'Print a job matrix for GitHub Actions, without removed charts'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand changed" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -l variant -d 'Only this variant of it' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -l chart -d 'A chart to check, repeatable; none: those that differ from the base' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -l stage -d 'The stage whose checks are meant' -r -f -a "validate\t'The contribution\'s content'
bump\t'The content with its new version'"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -l head -d 'The commit whose content is checked; none: HEAD' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -l base -d 'What it is compared with; none: integration (validate) or main (bump), as fetched' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -l title -d 'The future squash subject, checked like the commits\' own' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -l key -d 'The private key to sign with, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -l identity-token-file -d 'A file with the OIDC token to sign keyless with; else `SIGSTORE_ID_TOKEN`, else that of the CI job' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -l signing-config -d 'The services to sign keyless with; else from `git config lineage.signingconfig`, else the public-good ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -l sign -d 'Sign recorded results instead of running checks'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -l seal -d 'Sign the complete map instead of running checks'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand split" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand split" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand split" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand split" -l key -d 'The private key to sign with, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand split" -l identity-token-file -d 'A file with the OIDC token to sign keyless with; else `SIGSTORE_ID_TOKEN`, else that of the CI job' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand split" -l signing-config -d 'The services to sign keyless with; else from `git config lineage.signingconfig`, else the public-good ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand split" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand split" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand split" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand split" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand split" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -l stage -d 'Where the merge goes' -r -f -a "contribution\t'A contribution, merged without a person where `[github.auto-merge]` and CODEOWNERS allow it'
chart\t'Into a per-chart branch'
main\t'Into main'
release\t'Into release'"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -l head-ref -d 'The head branch' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -l base-ref -d 'The base branch' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -l head-repository -d 'The head repository, by id or owner/name' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -l base-repository -d 'The base repository, by id or owner/name' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -l event -d 'A pull-request event, as the forge writes it; else from `GITHUB_EVENT_PATH`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -l key -d 'The private key to sign with, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -l identity-token-file -d 'A file with the OIDC token to sign keyless with; else `SIGSTORE_ID_TOKEN`, else that of the CI job' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -l signing-config -d 'The services to sign keyless with; else from `git config lineage.signingconfig`, else the public-good ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -l close -d 'Close the pull request when refused'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -l merge -d 'Merge when allowed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -l auto -d 'With --merge, let GitHub merge by itself once its rules are met'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand guard" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand propose" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand propose" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand propose" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand propose" -l key -d 'The private key to sign with, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand propose" -l identity-token-file -d 'A file with the OIDC token to sign keyless with; else `SIGSTORE_ID_TOKEN`, else that of the CI job' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand propose" -l signing-config -d 'The services to sign keyless with; else from `git config lineage.signingconfig`, else the public-good ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand propose" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand propose" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand propose" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand propose" -l merge -d 'Merge it'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand propose" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand propose" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand bump" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand bump" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand bump" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand bump" -l base -d 'In direct flow, on main: the commit before the push; none: the parent of the commit that changed the chart' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand bump" -l image -d 'Contribute this image, by name, tag and digest, instead of bumping; CHART may be left out if only one has it' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand bump" -l key -d 'The private key to sign with, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand bump" -l identity-token-file -d 'A file with the OIDC token to sign keyless with; else `SIGSTORE_ID_TOKEN`, else that of the CI job' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand bump" -l signing-config -d 'The services to sign keyless with; else from `git config lineage.signingconfig`, else the public-good ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand bump" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand bump" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand bump" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand bump" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand bump" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand tag" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand tag" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand tag" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand tag" -l key -d 'The private key to sign with, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand tag" -l identity-token-file -d 'A file with the OIDC token to sign keyless with; else `SIGSTORE_ID_TOKEN`, else that of the CI job' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand tag" -l signing-config -d 'The services to sign keyless with; else from `git config lineage.signingconfig`, else the public-good ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand tag" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand tag" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand tag" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand tag" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand tag" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand build" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand build" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand build" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand build" -l key -d 'The private key to sign with, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand build" -l identity-token-file -d 'A file with the OIDC token to sign keyless with; else `SIGSTORE_ID_TOKEN`, else that of the CI job' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand build" -l signing-config -d 'The services to sign keyless with; else from `git config lineage.signingconfig`, else the public-good ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand build" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand build" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand build" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand build" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand build" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand publish" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand publish" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand publish" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand publish" -l key -d 'The private key to sign with, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand publish" -l identity-token-file -d 'A file with the OIDC token to sign keyless with; else `SIGSTORE_ID_TOKEN`, else that of the CI job' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand publish" -l signing-config -d 'The services to sign keyless with; else from `git config lineage.signingconfig`, else the public-good ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand publish" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand publish" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand publish" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand publish" -l repair-index -d 'Explain and correct wrong entries of the index on the release branch'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand publish" -l foreign -d 'Take out wrong entries that are no release of this repository, too'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand publish" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand publish" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and not __fish_seen_subcommand_from set rollback list" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and not __fish_seen_subcommand_from set rollback list" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and not __fish_seen_subcommand_from set rollback list" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and not __fish_seen_subcommand_from set rollback list" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and not __fish_seen_subcommand_from set rollback list" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and not __fish_seen_subcommand_from set rollback list" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and not __fish_seen_subcommand_from set rollback list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and not __fish_seen_subcommand_from set rollback list" -f -a "set" -d 'Point a channel at a release'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and not __fish_seen_subcommand_from set rollback list" -f -a "rollback" -d 'Point a channel at an earlier release again'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and not __fish_seen_subcommand_from set rollback list" -f -a "list" -d 'Show what each channel points at, and whether that is what was signed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from set" -l channel -d 'The channel' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from set" -l key -d 'The private key to sign with, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from set" -l identity-token-file -d 'A file with the OIDC token to sign keyless with; else `SIGSTORE_ID_TOKEN`, else that of the CI job' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from set" -l signing-config -d 'The services to sign keyless with; else from `git config lineage.signingconfig`, else the public-good ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from set" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from set" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from set" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from set" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from set" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from rollback" -l channel -d 'The channel' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from rollback" -l to -d 'Where to: a version of the charts, or the `sha256:` digest of a manifest' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from rollback" -l key -d 'The private key to sign with, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from rollback" -l identity-token-file -d 'A file with the OIDC token to sign keyless with; else `SIGSTORE_ID_TOKEN`, else that of the CI job' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from rollback" -l signing-config -d 'The services to sign keyless with; else from `git config lineage.signingconfig`, else the public-good ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from rollback" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from rollback" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from rollback" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from rollback" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from rollback" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from rollback" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from rollback" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from list" -l channel -d 'Only this channel' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from list" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from list" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from list" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand channel; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand prune" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand prune" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand prune" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand prune" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand prune" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand prune" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand prune" -l apply -d 'Delete what is said to go'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand prune" -l tagged -d 'Go by tags where the registry lists nothing else'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand prune" -s n -l dry-run -d 'Print the plan and change nothing, which it does without --apply'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -l package -d 'A package file that must be the release\'s; for a single SUBJECT' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -l policy -d 'The policy file the verdict is measured against' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -l policy-from -d 'The ref whose lineage.toml the verdict is measured against' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -l shard -d 'The I-th of N parts of --all, from 1' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -l vsa -d 'Write the verdict to FILE as a SLSA verification summary (`slsa.dev/verification_summary/v1`); for a single SUBJECT. Signed as a Sigstore bundle where there is a key, otherwise the bare statement. It says PASSED for a proven release alone; an earlier file there is taken away first' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -l key -d 'The private key, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -l all -d 'Every release tag'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -l allow-waivers -d 'Accept waived checks: exit code 0 where nothing else is missing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -l remote -d 'Compare with what is published, too: the release and its files, the registry, the index'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand log" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand log" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand log" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand log" -l format -d 'How it is shown; `json` is the same as --json' -r -f -a "text\t''
json\t''
dot\t'For Graphviz'
mermaid\t'For Markdown'
html\t'A page that needs nothing beside it'"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand log" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand log" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand log" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sync" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sync" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sync" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sync" -l signing-config -d 'The services to sign keyless with; else from `git config lineage.signingconfig`, else the public-good ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sync" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sync" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sync" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sync" -l fetch-only -d 'Write nothing to the remote'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sync" -l settle -d 'Have a transparency log and a timestamp authority see what a key signed while they were out of reach'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sync" -l from-github -d 'Bring back records that GitHub\'s attestation store has'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sync" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand export" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand export" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand export" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand export" -s o -l output -d 'The directory; none: one with the tag\'s name, here' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand export" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand export" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand export" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand export" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and not __fish_seen_subcommand_from import review" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and not __fish_seen_subcommand_from import review" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and not __fish_seen_subcommand_from import review" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and not __fish_seen_subcommand_from import review" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and not __fish_seen_subcommand_from import review" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and not __fish_seen_subcommand_from import review" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and not __fish_seen_subcommand_from import review" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and not __fish_seen_subcommand_from import review" -f -a "import" -d 'Record bundles in the ledgers of their charts'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and not __fish_seen_subcommand_from import review" -f -a "review" -d 'Sign that a contribution was reviewed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from import" -l chart -d 'The chart the bundles must be about; none: from the statement' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from import" -l name -d 'The record\'s name, for a single bundle; none: from the statement' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from import" -l id -d 'The attestation\'s id, for a single bundle: `attestation-id` of actions/attest' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from import" -l url -d 'Where the attestation is shown, for a single bundle: `attestation-url` of actions/attest' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from import" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from import" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from import" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from import" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from import" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from review" -l approver -d 'An account that approved, as the forge tells; several times for several' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from review" -l author -d 'The account that made the contribution, as the forge tells' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from review" -l key -d 'The private key to sign with, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from review" -l identity-token-file -d 'A file with the OIDC token to sign keyless with; else `SIGSTORE_ID_TOKEN`, else that of the CI job' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from review" -l signing-config -d 'The services to sign keyless with; else from `git config lineage.signingconfig`, else the public-good ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from review" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from review" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from review" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from review" -l from-github -d 'Read who approved, and who is the author, from GitHub'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from review" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from review" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from review" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from review" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand attest; and __fish_seen_subcommand_from review" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand waive" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand waive" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand waive" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand waive" -l reason -d 'Why; `verify` shows it' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand waive" -l expires -d 'Until when: a day (2026-12-31), or a duration (12h, 30d, 2w); at most 90 days, none: 30 days' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand waive" -l stage -d 'Which content: the contribution\'s, or the bumped chart\'s; for a check that both must pass' -r -f -a "validate\t''
bump\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand waive" -l key -d 'The private key to sign with, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand waive" -l identity-token-file -d 'A file with the OIDC token to sign keyless with; else `SIGSTORE_ID_TOKEN`, else that of the CI job' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand waive" -l signing-config -d 'The services to sign keyless with; else from `git config lineage.signingconfig`, else the public-good ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand waive" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand waive" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand waive" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand waive" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand waive" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand package" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand package" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand package" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand package" -s o -l output -d 'The directory it is written to' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand package" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand package" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand package" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand package" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand package" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand subject" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand subject" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand subject" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand subject" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand subject" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand subject" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand subject" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rehearse" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rehearse" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rehearse" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rehearse" -l keep -d 'Keep everything here: origin.git, work, registry, assets' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rehearse" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rehearse" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rehearse" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand rehearse" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and not __fish_seen_subcommand_from show change pin refresh" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and not __fish_seen_subcommand_from show change pin refresh" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and not __fish_seen_subcommand_from show change pin refresh" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and not __fish_seen_subcommand_from show change pin refresh" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and not __fish_seen_subcommand_from show change pin refresh" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and not __fish_seen_subcommand_from show change pin refresh" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and not __fish_seen_subcommand_from show change pin refresh" -s h -l help -d 'Print help'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and not __fish_seen_subcommand_from show change pin refresh" -f -a "show" -d 'Show the policy, who may sign what, the pin, changes of trust, and the trust roots'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and not __fish_seen_subcommand_from show change pin refresh" -f -a "change" -d 'Vouch for a change of what lineage.toml trusts or requires'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and not __fish_seen_subcommand_from show change pin refresh" -f -a "pin" -d 'Pin main\'s policy as it is now'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and not __fish_seen_subcommand_from show change pin refresh" -f -a "refresh" -d 'Fetch the trust roots anew from Sigstore\'s and GitHub\'s own repositories'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from show" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from show" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from show" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from change" -l from -d 'main\'s commit the change is made upon, for one that is merged already; without it, main as fetched' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from change" -l to -d 'The commit with the new lineage.toml' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from change" -l reason -d 'Why, in a sentence: it stands in the statement' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from change" -l key -d 'The private key to sign with, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from change" -l identity-token-file -d 'A file with the OIDC token to sign keyless with; else `SIGSTORE_ID_TOKEN`, else that of the CI job' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from change" -l signing-config -d 'The services to sign keyless with; else from `git config lineage.signingconfig`, else the public-good ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from change" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from change" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from change" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from change" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from change" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from change" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from change" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from change" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from pin" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from pin" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from pin" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from pin" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from pin" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from pin" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from pin" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from pin" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from refresh" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from refresh" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from refresh" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from refresh" -s n -l dry-run -d 'Print the plan and change nothing'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from refresh" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from refresh" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from refresh" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand trust; and __fish_seen_subcommand_from refresh" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify-bundle" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify-bundle" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify-bundle" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify-bundle" -l bundle -d 'The bundle' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify-bundle" -l certificate-identity -d 'The name in the certificate: a workflow\'s URI with its ref, or an address' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify-bundle" -l certificate-oidc-issuer -d 'Who vouches for that name: the OIDC issuer\'s URL' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify-bundle" -l key -d 'The public key it has to be signed with, in PEM form, instead of a certificate' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify-bundle" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify-bundle" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify-bundle" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify-bundle" -l staging -d 'Trust Sigstore\'s place to try things out instead of the instances for use'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand verify-bundle" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sign-bundle" -s C -d 'Run as if started in DIR; further ones are relative to the one before' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sign-bundle" -l color -d 'When to use colour; `auto` honours `NO_COLOR`' -r -f -a "auto\t''
always\t''
never\t''"
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sign-bundle" -l trusted-root -d 'Hold certificates against this Sigstore trusted root instead of the embedded ones' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sign-bundle" -l identity-token -d 'Whom the certificate is to name, as an OIDC token; without it, that of the CI job' -r
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sign-bundle" -l bundle -d 'Where the bundle is written to' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sign-bundle" -l signing-config -d 'The services to sign with; without it, those of the public-good instance' -r -F
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sign-bundle" -l json -d 'Answer with one JSON document'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sign-bundle" -s q -l quiet -d 'Say nothing on stderr but warnings and failures'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sign-bundle" -s v -l verbose -d 'Say more: plans, details, the output of checks that passed'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sign-bundle" -l in-toto -d 'FILE is an in-toto statement; it goes into the bundle as it is'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sign-bundle" -l staging -d 'Sign with Sigstore\'s place to try things out'
complete -c git-lineage -n "__fish_git_lineage_using_subcommand sign-bundle" -s h -l help -d 'Print help (see more with \'--help\')'
