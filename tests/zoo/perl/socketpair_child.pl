# Asks a helper of its own over a socket pair, and the helper has fallen asleep.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Case;
use Socket;

socketpair(my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die $!;
my $helper = fork // die;
unless ($helper) {
    close $ours;
    sysread $theirs, my $ask, 10;
    sleep 300;
    exit;
}
close $theirs;
syswrite $ours, 'ask';
say_('process', $helper);
say_('ready');
sysread $ours, my $answer, 10;
