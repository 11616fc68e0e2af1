# A script runs a program that takes eight megabytes more each second, up to six hundred.
. "$(dirname "$0")/case.sh"
perl -e 'for (1 .. 1200) { push @kept, "x" x 524288; select undef, undef, undef, 0.06 } sleep 300' &
say process $!
say ready
wait
