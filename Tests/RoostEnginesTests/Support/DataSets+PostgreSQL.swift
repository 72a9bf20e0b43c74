// Data sets in dumps of PostgreSQL.
extension DataSet {
    static let ofPostgreSQL = [pagila, employeesOfPostgreSQL, chinookOfPostgreSQL, northwindOfPostgreSQL]

    /// Pagila as pg_dump writes types, domains, aggregates, triggers, partitions by inheritance, rows by COPY and
    /// sequences.
    private static let pagila = DataSet(
        name: "Pagila", database: "data",
        text: """
            --
            -- PostgreSQL database dump
            --

            \\restrict QxL1aTdE0Zr5
            SET statement_timeout = 0;
            SET client_encoding = 'UTF8';
            SET standard_conforming_strings = on;
            SELECT pg_catalog.set_config('search_path', '', false);
            SET check_function_bodies = false;
            SET row_security = off;
            CREATE TYPE public.rating AS ENUM ('G', 'PG', 'R');
            ALTER TYPE public.rating OWNER TO postgres;
            CREATE DOMAIN public.year AS integer
            \tCONSTRAINT year_check CHECK (((VALUE >= 1901) AND (VALUE <= 2155)));
            ALTER DOMAIN public.year OWNER TO curator;
            CREATE FUNCTION public._concat(text, text) RETURNS text
                LANGUAGE sql IMMUTABLE
                AS $_$
            SELECT CASE WHEN $2 IS NULL THEN $1 WHEN $1 IS NULL THEN $2 ELSE $1 || ', ' || $2 END
            $_$;
            CREATE AGGREGATE public.concat_all(text) (SFUNC = public._concat, STYPE = text);
            CREATE FUNCTION public.touch() RETURNS trigger
                LANGUAGE plpgsql
                AS $$
            BEGIN
                NEW.last_update = CURRENT_TIMESTAMP; -- a ; within
                RETURN NEW;
            END $$;
            ALTER FUNCTION public.touch() OWNER TO curator;
            CREATE SEQUENCE public.movie_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
            SET default_tablespace = '';
            SET default_table_access_method = heap;
            CREATE TABLE public.movie (
                movie_id integer DEFAULT nextval('public.movie_id_seq'::regclass) NOT NULL,
                title text NOT NULL,
                release_year public.year,
                rating public.rating DEFAULT 'G'::public.rating,
                last_update timestamp with time zone DEFAULT now() NOT NULL,
                extras text[],
                fulltext tsvector NOT NULL
            );
            ALTER TABLE public.movie OWNER TO curator;
            CREATE VIEW public.titles AS SELECT rating, public.concat_all(title) AS titles FROM public.movie GROUP BY rating;
            CREATE MATERIALIZED VIEW public.years AS SELECT release_year, count(*) AS n FROM public.movie
              GROUP BY release_year WITH NO DATA;
            CREATE TABLE public.payment (payment_id integer NOT NULL, amount numeric(5,2) NOT NULL,
                paid timestamp with time zone NOT NULL) PARTITION BY RANGE (paid);
            CREATE TABLE public.payment_p1 (payment_id integer NOT NULL, amount numeric(5,2) NOT NULL,
                paid timestamp with time zone NOT NULL);
            CREATE TABLE public.short (CONSTRAINT short_check CHECK ((release_year < 1930))) INHERITS (public.movie);
            ALTER TABLE ONLY public.payment ATTACH PARTITION public.payment_p1
              FOR VALUES FROM ('2022-01-01 00:00:00+00') TO ('2023-01-01 00:00:00+00');
            COPY public.movie (movie_id, title, release_year, rating, last_update, extras, fulltext) FROM stdin;
            \(copied(400) {
                ["\($0)", "It's\\\\ \($0); \\t tabbed", "2006", "PG", "2022-09-10 16:46:03+00",
                    #"{Trailers,"Deleted Scenes"}"#, #"'it':1 'true':2"#]
            })
            COPY public.payment_p1 (payment_id, amount, paid) FROM stdin;
            \(copied(500) { ["\($0)", "4.99", "2022-0\(1 + $0 % 9)-15 12:00:00+00"] })
            SELECT pg_catalog.setval('public.movie_id_seq', 400, true);
            ALTER TABLE ONLY public.movie ADD CONSTRAINT movie_pkey PRIMARY KEY (movie_id);
            CREATE INDEX movie_fulltext_idx ON public.movie USING gist (fulltext);
            CREATE TRIGGER last_updated BEFORE UPDATE ON public.movie FOR EACH ROW EXECUTE FUNCTION public.touch();
            CREATE TRIGGER fulltext_trigger BEFORE INSERT OR UPDATE ON public.movie FOR EACH ROW
              EXECUTE FUNCTION tsvector_update_trigger('fulltext', 'pg_catalog.english', 'title');
            GRANT SELECT ON TABLE public.movie TO reader;
            REVOKE USAGE ON SCHEMA public FROM PUBLIC;
            GRANT ALL ON SCHEMA public TO PUBLIC;
            REFRESH MATERIALIZED VIEW public.years;
            --
            -- PostgreSQL database dump complete
            --

            \\unrestrict QxL1aTdE0Zr5

            """,
        counts: [
            ("public.movie WHERE title LIKE 'It''s\\\\ %; \t tabbed'", 400), ("public.payment", 500),
            ("public.titles", 1), ("public.years WHERE n = 400", 1),
            ("pg_class WHERE relname = 'movie' AND pg_get_userbyid(relowner) = 'curator'", 1),
            ("generate_series(1, 1) WHERE nextval('public.movie_id_seq') = 401", 1),
        ])

    /// A schema of its own, with an owner that is not here.
    private static let employeesOfPostgreSQL = DataSet(
        name: "Employees", database: "data",
        text: """
            CREATE SCHEMA staff;
            ALTER SCHEMA staff OWNER TO hr;
            CREATE TYPE staff.gender AS ENUM ('M', 'F');
            CREATE TABLE staff.person (id bigint NOT NULL, birth_date date NOT NULL, gender staff.gender NOT NULL);
            ALTER TABLE staff.person OWNER TO hr;
            CREATE SEQUENCE staff.id_person_seq START WITH 1;
            ALTER SEQUENCE staff.id_person_seq OWNER TO hr;
            ALTER SEQUENCE staff.id_person_seq OWNED BY staff.person.id;
            CREATE TABLE staff.unit (id character(4) NOT NULL, name character varying(40) NOT NULL);
            ALTER TABLE ONLY staff.person ALTER COLUMN id SET DEFAULT nextval('staff.id_person_seq'::regclass);
            COPY staff.unit (id, name) FROM stdin;
            \(copied(9) { ["d00\($0)", "Unit \($0)"] })
            COPY staff.person (id, birth_date, gender) FROM stdin;
            \(copied(3000) { ["\($0)", "1953-09-02", $0 % 2 == 0 ? "M" : "F"] })
            ALTER TABLE ONLY staff.person ADD CONSTRAINT idx_person PRIMARY KEY (id);

            """,
        counts: [("staff.unit", 9), ("staff.person WHERE gender = 'F'", 1500)])

    /// A database of its own, and psql's own line with a semicolon at its end, which psql takes off.
    private static let chinookOfPostgreSQL = DataSet(
        name: "Chinook", database: "tunes",
        text: """
            /*******************************************************************************
               Create Database
            ********************************************************************************/
            DROP DATABASE IF EXISTS tunes;
            CREATE DATABASE tunes;
            \\c tunes;
            CREATE TABLE artist ( artist_id INT NOT NULL, name VARCHAR(120), CONSTRAINT artist_pkey PRIMARY KEY (artist_id));
            CREATE TABLE album ( album_id INT NOT NULL, title VARCHAR(160) NOT NULL, artist_id INT NOT NULL,
                CONSTRAINT album_pkey PRIMARY KEY  (album_id));
            ALTER TABLE album ADD CONSTRAINT album_artist_id_fkey
                FOREIGN KEY (artist_id) REFERENCES artist (artist_id) ON DELETE NO ACTION ON UPDATE NO ACTION;
            CREATE INDEX album_artist_id_idx ON album (artist_id);
            INSERT INTO artist (artist_id, name) VALUES \(rows(50) { "\($0), N'Motörhead & Söhne \($0)'" });
            INSERT INTO album (album_id, title, artist_id) VALUES \(rows(200) { "\($0), N'It''s -- Rock', \(1 + $0 % 50)" });

            """,
        counts: [
            ("public.artist WHERE name LIKE 'Motörhead & S%'", 50), ("public.album WHERE title LIKE '% -- Rock'", 200),
            ("pg_database WHERE datname LIKE 'tunes_'", 0),
        ])

    /// Bytes, reals, many rows as single statements, constraints at the end.
    private static let northwindOfPostgreSQL = DataSet(
        name: "Northwind", database: "data",
        text: """
            SET statement_timeout = 0;
            SET lock_timeout = 0;
            SET client_encoding = 'UTF8';
            SET default_with_oids = false;
            DROP TABLE IF EXISTS order_details;
            CREATE TABLE order_details (order_id smallint NOT NULL, unit_price real NOT NULL, photo bytea, note text);
            \((1...300).map { "INSERT INTO order_details VALUES (\($0), 14.5, '\\x00ff', 'O''Brien; \($0)');" }
                .joined(separator: "\n"))
            ALTER TABLE ONLY order_details ADD CONSTRAINT pk_order_details PRIMARY KEY (order_id);

            """,
        counts: [("public.order_details WHERE photo = '\\x00ff' AND note LIKE 'O''Brien; %'", 300)])
}
