# fish completion for counterfoil: made from its table of commands by `counterfoil completion fish`.

# Prints noun, verb and how many arguments follow them, a line each; a noun that stands alone has an empty verb.
function __counterfoil_words
	set -l alone@ALONE@
	set -l valued@VALUED@
	set -l noun ''
	set -l verb ''
	set -l given 0
	set -l skip 0
	set -l words (commandline -opc)
	for word in $words[2..]
		if test $skip = 1
			set skip 0
		else if string match -q -- '-*' $word
			contains -- $word $valued; and set skip 1
		else if test -z "$noun"
			set noun $word
		else if test -z "$verb"; and not contains -- $noun $alone
			set verb $word
		else
			set given (math $given + 1)
		end
	end
	printf '%s\n' $noun $verb $given
end
function __counterfoil_at
	set -l at (__counterfoil_words)
	test "$at[1]" = "$argv[1]"; and test "$at[2]" = "$argv[2]"
end
function __counterfoil_has
	set -l at (__counterfoil_words)
	test "$at[3]" = "$argv[1]"
end

complete -c counterfoil -f
@COMMANDS@
