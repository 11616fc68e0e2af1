// Healthy: makes much garbage, so that the collector is at work as well.
import java.nio.file.*;
import java.util.*;

public class OkGarbage {
    public static void main(String[] words) throws Exception {
        say("ready");
        Map<Integer, String> cache = new LinkedHashMap<>() {
            protected boolean removeEldestEntry(Map.Entry<Integer, String> eldest) { return size() > 20_000; }
        };
        for (int n = 0; ; n++) cache.put(n, "row " + n + " of " + cache.size());
    }

    static void say(String line) throws Exception {
        Files.writeString(Path.of(System.getenv("CASE_TRUTH")), line + "\n", StandardOpenOption.APPEND);
    }
}
