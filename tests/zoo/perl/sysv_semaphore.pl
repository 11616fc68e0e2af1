# A System V semaphore, taken without SEM_UNDO by a process that died; two others wait for it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Case;
use IPC::SysV qw(IPC_PRIVATE IPC_CREAT S_IRUSR S_IWUSR);

my $set = semget(IPC_PRIVATE, 1, IPC_CREAT | S_IRUSR | S_IWUSR) // die $!;
semop($set, pack 's!3', 0, 1, 0) or die $!;
say_('semaphores', $set);
my $taker = fork // die;
unless ($taker) {
    semop($set, pack 's!3', 0, -1, 0);
    kill 'KILL', $$;
}
waitpid $taker, 0;
my @crew;
for (1, 2) {
    my $pid = fork // die;
    unless ($pid) {
        say_('process', $$);
        semop($set, pack 's!3', 0, -1, 0);
        exit;
    }
    push @crew, $pid;
}
nap(0.4);
say_('ready');
waitpid $_, 0 for @crew;
