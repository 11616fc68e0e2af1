# Workers wait on a pipe whose writing side they hold themselves; their parent was killed.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Case;

my $leader = fork // die;
unless ($leader) {
    pipe(my $out, my $in) or die $!;
    for my $n (1 .. 3) {
        next if fork;
        say_('process', $$);
        say_('attach', $$) if $n == 1;
        sysread $out, my $job, 1;
        exit;
    }
    nap(0.4);
    kill 'KILL', $$;
}
waitpid $leader, 0;
say_('ready');
